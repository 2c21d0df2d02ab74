import { testLifecycle } from "./principalLifecycle.ts";

testLifecycle("17");
