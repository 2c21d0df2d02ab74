const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text has the form of an object id. */
export function isGuid(text: string): boolean {
  return GUID.test(text);
}

/** Object ids are the same in upper and lower case. */
export function sameGuid(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
