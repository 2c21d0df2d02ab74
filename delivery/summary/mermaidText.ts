const LENGTH = 40;

/** All that could end a label, be Markdown in it or a word of Mermaid's, as Mermaid's entities. Source: mermaid.js.org, syntax/flowchart, entity codes. */
export function escaped(text: string): string {
  const characters = [...text];
  const cut = characters.length > LENGTH ? [...characters.slice(0, LENGTH - 1), "…"] : characters;
  // A hyphen may begin no line: it would make a list.
  const plain = cut.map((each, i) => ((i === 0 ? /[A-Za-z0-9]/ : /[A-Za-z0-9 ,-]/).test(each) ? each : entity(each)));
  // Where this word has one of the four directions after it, Mermaid takes the whole line for a direction, label or not. Source: flow.jison.
  return plain.join("").replace(/direction/gi, (word) => `${entity(word.charAt(0))}${word.slice(1)}`);
}

function entity(character: string): string {
  // What is not to be seen, or turns the text around, is shown as what it is.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u.test(character)) return "�";
  return `#${character.codePointAt(0)};`;
}
