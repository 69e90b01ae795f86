type Value = string | number | boolean | readonly string[] | undefined;

/** Sections and their options, as oslo.config reads them. An option that is undefined keeps its default. */
export type ConfigSections = Readonly<Record<string, Readonly<Record<string, Value>>>>;

export function configFile(sections: ConfigSections): string {
  return Object.entries(sections)
    .map(([section, options]) => `[${section}]\n${lines(options).join('')}`)
    .join('\n');
}

function lines(options: Readonly<Record<string, Value>>): string[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${asText(value)}\n`);
}

/** A dollar sign would begin a reference to another option (oslo.config, "Option Value Interpolation"). */
function asText(value: Value): string {
  return (Array.isArray(value) ? value.join(',') : String(value)).replaceAll('$', '$$$$');
}
