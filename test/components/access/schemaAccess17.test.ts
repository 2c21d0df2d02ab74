import { testLifecycle } from "./schemaAccessLifecycle.ts";

testLifecycle("17");
