import type { Node } from 'web-tree-sitter';

/** A definition: its node, what it is called in a heading path, and whether members are looked for inside. */
export interface Definition {
  readonly node: Node;
  /** Node with the decorators, export or template line that belong to it. */
  readonly outer: Node;
  readonly heading: string;
  readonly kind: 'type' | 'function';
}

/** Node types (over all grammars) that define a type, a module or another holder of members. */
const TYPES: Readonly<Record<string, string>> = {
  class: 'class',
  class_declaration: 'class',
  class_definition: 'class',
  abstract_class_declaration: 'class',
  class_specifier: 'class',
  struct_specifier: 'struct',
  union_specifier: 'union',
  enum_specifier: 'enum',
  struct_declaration: 'struct',
  struct_item: 'struct',
  enum_item: 'enum',
  union_item: 'union',
  trait_item: 'trait',
  impl_item: 'impl',
  mod_item: 'module',
  interface_declaration: 'interface',
  enum_declaration: 'enum',
  enum_definition: 'enum',
  record_declaration: 'record',
  annotation_type_declaration: 'annotation',
  trait_declaration: 'trait',
  trait_definition: 'trait',
  object_declaration: 'object',
  object_definition: 'object',
  companion_object: 'companion object',
  protocol_declaration: 'protocol',
  mixin_declaration: 'mixin',
  extension_declaration: 'extension',
  namespace_definition: 'namespace',
  namespace_declaration: 'namespace',
  internal_module: 'namespace',
  module: 'module',
  data_type: 'data',
  newtype: 'newtype',
  instance: 'instance',
  type_definition: 'type',
  type_alias_declaration: 'type',
  type_declaration: 'type',
  type_spec: 'type',
  type_synomym: 'type',
  delegate_declaration: 'delegate',
};

/** Node types that define a function. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  function_declaration: 'function',
  function_definition: 'function',
  generator_function_declaration: 'function',
  function_item: 'function',
  function_signature_item: 'function',
  function_signature: 'function',
  function: 'function',
  method_signature: 'method',
  method: 'method',
  singleton_method: 'method',
  method_definition: 'method',
  method_declaration: 'method',
  abstract_method_signature: 'method',
  protocol_function_declaration: 'method',
  constructor_declaration: 'constructor',
  destructor_declaration: 'destructor',
  operator_declaration: 'operator',
  property_declaration: 'property',
  secondary_constructor: 'constructor',
  macro_definition: 'macro',
  preproc_function_def: 'macro',
  test_declaration: 'test',
  subroutine_declaration_statement: 'function',
  value_declaration: 'value',
  signature: 'signature',
};

/** Nodes around a definition whose first lines are part of it. */
const WRAPPERS = new Set([
  'export_statement',
  'decorated_definition',
  'template_declaration',
  'ambient_declaration',
  'lexical_declaration',
  'variable_declaration',
  'expression_statement',
  'local_declaration',
  'declaration',
]);

/** Nodes that may stand between a definition's header and its name. */
const NAMES =
  /^(identifier|type_identifier|simple_identifier|field_identifier|property_identifier|constant|word|name|qualified_identifier|scope_resolution|namespace_identifier|variable|upper_case_identifier|lower_case_identifier|package_name|string)$/;

const KEYWORDS =
  /\b(class|struct|enum|interface|trait|object|protocol|extension|record|union|mixin|actor|typealias)\b/;

function tidy(name: string): string {
  const clean = name.replace(/\s+/g, ' ').trim();
  return clean.length > 100 ? `${clean.slice(0, 99)}…` : clean;
}

function namedChildren(node: Node): Node[] {
  return node.namedChildren.filter((entry): entry is Node => entry !== null);
}

/** The name in a C declarator: pointers, parameters and the like around it are passed. */
function declaratorName(node: Node): string | null {
  for (let next: Node | null = node; next !== null; ) {
    if (NAMES.test(next.type) || next.type === 'destructor_name' || next.type === 'operator_name')
      return next.text;
    next =
      next.childForFieldName('declarator') ??
      namedChildren(next).find((entry) => /declarator|identifier|_name$/.test(entry.type)) ??
      null;
  }
  return null;
}

function nameOf(node: Node): string | null {
  const named = node.childForFieldName('name');
  if (named !== null && named.type !== 'user_type') return named.text;
  const declarator = node.childForFieldName('declarator');
  if (declarator !== null) return declaratorName(declarator);
  const found = namedChildren(node).find((entry) => NAMES.test(entry.type));
  if (found !== undefined) return found.text;
  const inner = namedChildren(node).find((entry) =>
    /(signature|_left|^type_name|^type_spec)$/.test(entry.type),
  );
  if (inner !== undefined) return nameOf(inner);
  return (
    named?.text ??
    /^\s*(?:\w+\s+)*?(init|deinit|subscript|constructor)\b/.exec(node.text.slice(0, 200))?.[1] ??
    null
  );
}

function typeHeading(node: Node, label: string): string | null {
  if (node.type === 'impl_item') {
    const trait = node.childForFieldName('trait')?.text;
    const type = node.childForFieldName('type')?.text ?? '';
    return tidy(trait === undefined ? `impl ${type}` : `impl ${trait} for ${type}`);
  }
  if (node.type === 'companion_object') return 'companion object';
  const name = nameOf(node);
  if (name === null) return null;
  const header = node.text.slice(0, 400);
  const before = header.slice(0, Math.max(0, header.indexOf(name)));
  const keyword = node.type === 'class_declaration' ? KEYWORDS.exec(before)?.[1] : undefined;
  if (node.type === 'instance') return tidy(header.split('\n')[0]?.replace(/\bwhere\b.*/, '') ?? name);
  return tidy(`${keyword ?? label} ${name.replace(/^["']|["']$/g, '')}`);
}

function functionHeading(node: Node, label: string, inType: boolean): string | null {
  const name = nameOf(node);
  if (name === null) return null;
  if (node.type === 'signature') return tidy(`function ${name}`);
  const receiver = node.childForFieldName('receiver')?.text;
  if (receiver !== undefined) {
    const type = /(\w+)(?:\[[^\]]*\])?\s*\)$/.exec(receiver)?.[1];
    return tidy(type === undefined ? `method ${name}` : `method ${type}.${name}`);
  }
  return tidy(`${label === 'function' && inType ? 'method' : label} ${name.replace(/^["']|["']$/g, '')}`);
}

/** A function or class that a variable, property or assignment gives its name. */
function assigned(
  node: Node,
  inType: boolean,
): { heading: string; kind: Definition['kind']; node: Node } | null {
  const isField = /^(public_field_definition|field_definition|pair)$/.test(node.type);
  const isAssignment =
    /^(variable_declarator|assignment_expression|assignment_statement|binary_operator)$/.test(node.type);
  const isZig =
    node.type === 'variable_declaration' &&
    namedChildren(node).some((entry) => /^(struct|union|enum)_declaration$/.test(entry.type));
  if (!isField && !isAssignment && !isZig) return null;
  const children = namedChildren(node);
  const left =
    node.childForFieldName('name') ??
    node.childForFieldName('left') ??
    node.childForFieldName('lhs') ??
    node.childForFieldName('property') ??
    node.childForFieldName('key') ??
    children[0];
  let value =
    node.childForFieldName('value') ??
    node.childForFieldName('right') ??
    node.childForFieldName('rhs') ??
    children.at(-1);
  if (value?.type === 'expression_list') value = namedChildren(value)[0];
  if (left === undefined || left === null || value === undefined || value === null) return null;
  const name = left.text;
  if (
    /^(arrow_function|function_expression|function|function_definition|generator_function)$/.test(value.type)
  ) {
    return { heading: tidy(`${inType ? 'method' : 'function'} ${name}`), kind: 'function', node: value };
  }
  if (/^(class|class_expression|struct_declaration|union_declaration|enum_declaration)$/.test(value.type)) {
    return { heading: tidy(`${value.type.replace(/_.*/, '')} ${name}`), kind: 'type', node: value };
  }
  return null;
}

/** Definitions that are calls: tests in JavaScript, everything in Elixir, forms in Clojure, blocks in HCL. */
function called(node: Node): { heading: string; kind: Definition['kind'] } | null {
  if (node.type === 'block' && node.parent?.type === 'body') {
    const names = namedChildren(node).filter((entry) => /^(identifier|string_lit)$/.test(entry.type));
    const heading = names.map((entry) => entry.text.replace(/"/g, '')).join(' ');
    return { heading: tidy(heading), kind: 'function' };
  }
  if (node.type === 'list_lit') {
    const [form, name] = namedChildren(node);
    if (form === undefined || name === undefined || !/^(def\w*[-*]?|ns)$/.test(form.text)) return null;
    return { heading: tidy(`${form.text} ${name.text}`), kind: 'function' };
  }
  if (node.type !== 'call_expression' && node.type !== 'call') return null;
  const target = (node.childForFieldName('function') ?? node.childForFieldName('target'))?.text ?? '';
  const list = namedChildren(node).find((entry) => entry.type === 'arguments');
  const first = list === undefined ? undefined : namedChildren(list)[0];
  if (first === undefined) return null;
  if (/^(describe|context|suite|it|test)(\.\w+)*$/.test(target) && /string/.test(first.type)) {
    const kind = /^(describe|context|suite)/.test(target) ? 'type' : 'function';
    return { heading: tidy(`${target} ${first.text.replace(/^['"`]|['"`]$/g, '')}`), kind };
  }
  if (/^def(module|protocol|impl)$/.test(target))
    return { heading: tidy(`${target.slice(3)} ${first.text}`), kind: 'type' };
  if (/^def(p|macro|macrop|guard|guardp|delegate)?$/.test(target)) {
    const name = /^[\w.!?]+/.exec(first.text)?.[0] ?? first.text;
    return {
      heading: tidy(`${target.startsWith('defmacro') ? 'macro' : 'function'} ${name}`),
      kind: 'function',
    };
  }
  return null;
}

/** What the node defines by itself, or null. */
function definitionAt(
  node: Node,
  inType: boolean,
): { heading: string; kind: Definition['kind']; node: Node } | null {
  const type = TYPES[node.type];
  if (type !== undefined) {
    // A struct or class named only to be used ("struct s *p;") has no body.
    const isUse = /_specifier$/.test(node.type) && node.childForFieldName('body') === null;
    const heading = isUse ? null : typeHeading(node, type);
    return heading === null ? null : { heading, kind: 'type', node };
  }
  const label = FUNCTIONS[node.type];
  if (label !== undefined) {
    if (label === 'property' && node.endPosition.row - node.startPosition.row < 2) return null;
    const heading = functionHeading(node, label, inType);
    return heading === null ? null : { heading, kind: 'function', node };
  }
  const call = called(node);
  return call === null ? assigned(node, inType) : { ...call, node };
}

/** How deep a definition may lie in nodes that define nothing. */
const MAX_DEPTH = 14;
/** Tables of data are not searched for definitions. */
const MAX_CHILDREN = 2000;

/**
 * Definitions inside a node, in order, none inside another.
 * @param inType whether the node holds members of a type
 */
export function definitionsIn(root: Node, inType: boolean): Definition[] {
  const found: Definition[] = [];
  const visit = (node: Node, wrapper: Node | null, depth: number): void => {
    for (const next of namedChildren(node)) {
      const outer = wrapper ?? next;
      const definition = definitionAt(next, inType);
      if (definition !== null) found.push({ ...definition, outer });
      else if (depth < MAX_DEPTH && next.namedChildCount > 0 && next.namedChildCount < MAX_CHILDREN) {
        const wraps = WRAPPERS.has(next.type) || (wrapper !== null && /declarator$/.test(next.type));
        visit(next, wraps ? outer : null, depth + 1);
      }
    }
  };
  visit(root, null, 0);
  return found;
}

/** Whether the node belongs to the definition that follows it: comments, attributes, a Haskell signature. */
export function leadsDefinition(node: Node): boolean {
  return /comment|haddock|^attribute(_item|_list)?$|^decorator$|^annotation$|^type_annotation$|pragma$/.test(
    node.type,
  );
}
