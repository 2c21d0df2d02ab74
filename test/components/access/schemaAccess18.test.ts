import { testLifecycle } from "./schemaAccessLifecycle.ts";

testLifecycle("18");
