/**
 * Takes the place of yaml's writing of YAML in the bundles (lib/bundling/lean-modules.ts): the functions read it. The one
 * way that leads from reading to it is a name that is no text, which endpoints/yaml-document.ts refuses.
 */
function noYamlText(): never {
  throw new Error('The functions of imagedrop are bundled without the writing of YAML.');
}

export {
  noYamlText as createStringifyContext,
  noYamlText as foldFlowLines,
  noYamlText as indentComment,
  noYamlText as lineComment,
  noYamlText as stringify,
  noYamlText as stringifyCollection,
  noYamlText as stringifyComment,
  noYamlText as stringifyDocument,
  noYamlText as stringifyNumber,
  noYamlText as stringifyPair,
  noYamlText as stringifyString,
};
