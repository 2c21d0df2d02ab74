/** A command as a line for a POSIX shell. Nothing here is run by a shell; it is for people to read and copy. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

/** One word of such a line, quoted where the shell would read it otherwise. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
