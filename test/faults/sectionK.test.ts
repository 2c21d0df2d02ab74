import { testSection } from "./rowTests.ts";

await testSection("K");
