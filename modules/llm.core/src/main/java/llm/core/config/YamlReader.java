package llm.core.config;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import llm.core.config.YamlNode.Mapping;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads YAML as data only: no tag makes an object, keys are unique, aliases are expanded within
 * {@link #MAX_NODES}, nesting is at most {@link #MAX_DEPTH}.
 */
final class YamlReader {
  static final int MAX_DEPTH = 32;
  static final int MAX_NODES = 50_000;
  static final int MAX_ALIASES = 100;

  private static final Set<Tag> PLAIN_DATA =
      Set.of(
          Tag.STR,
          Tag.INT,
          Tag.FLOAT,
          Tag.BOOL,
          Tag.NULL,
          Tag.TIMESTAMP,
          Tag.MERGE,
          Tag.SEQ,
          Tag.MAP);

  private final String source;
  private final List<ConfigProblem> problems = new ArrayList<>();
  private int nodes;

  private YamlReader(String source) {
    this.source = source;
  }

  /**
   * The mapping that the text is; an empty one for an empty text.
   *
   * @param source what problems call the text
   */
  static Mapping read(String source, String text) throws ConfigException {
    var reader = new YamlReader(source);
    Mapping root = reader.root(text);
    if (!reader.problems.isEmpty()) {
      throw new ConfigException(reader.problems);
    }
    return root;
  }

  private Mapping root(String text) {
    var none = new Mapping(1);
    Node root;
    try {
      root = compose(text);
    } catch (MarkedYAMLException refused) {
      int line = refused.getProblemMark() == null ? 0 : refused.getProblemMark().getLine() + 1;
      problem(line, "", "is not YAML: " + refused.getProblem());
      return none;
    } catch (YAMLException refused) {
      problem(0, "", "is not YAML: " + firstLine(refused.getMessage()));
      return none;
    } catch (IllegalArgumentException | IndexOutOfBoundsException refused) {
      problem(0, "", "is not YAML: a quoted text has a broken escape"); // "\\x" and its like
      return none;
    }
    if (root == null || root instanceof ScalarNode scalar && scalar.getTag().equals(Tag.NULL)) {
      return none;
    }
    if (convert(root, "", 0) instanceof Mapping mapping) {
      return mapping;
    }
    problem(line(root), "", "must be a mapping: lines of key: value");
    return none;
  }

  /** The library's own stages: its front door also prepares to make and to write objects. */
  private static Node compose(String text) {
    LoaderOptions limits = limits();
    var parser = new ParserImpl(new StreamReader(new StringReader(text)), limits);
    return new Composer(parser, new Resolver(), limits).getSingleNode();
  }

  private static LoaderOptions limits() {
    var options = new LoaderOptions();
    options.setNestingDepthLimit(MAX_DEPTH);
    options.setMaxAliasesForCollections(MAX_ALIASES);
    options.setCodePointLimit(TextFile.MAX_BYTES);
    return options;
  }

  private YamlNode convert(Node node, String path, int depth) {
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      if (nodes == MAX_NODES + 1 || depth > MAX_DEPTH) {
        problem(
            line(node),
            path,
            "is too large: at most " + MAX_NODES + " values, " + MAX_DEPTH + " levels deep");
        nodes = MAX_NODES + 1;
      }
      return new YamlNode.Scalar("", true, line(node));
    }
    if (!isPlainData(node.getTag())) {
      problem(line(node), path, "has the tag " + node.getTag().getValue() + "; tags are not read");
    }
    return switch (node) {
      case MappingNode mapping -> mapping(mapping, path, depth);
      case SequenceNode sequence -> sequence(sequence, path, depth);
      case ScalarNode scalar ->
          new YamlNode.Scalar(scalar.getValue(), scalar.getTag().equals(Tag.NULL), line(scalar));
      default -> throw new IllegalStateException("a node of no known kind: " + node.getNodeId());
    };
  }

  private Mapping mapping(MappingNode node, String path, int depth) {
    var mapping = new Mapping(line(node));
    for (NodeTuple tuple : node.getValue()) {
      if (!(tuple.getKeyNode() instanceof ScalarNode keyNode)) {
        problem(line(tuple.getKeyNode()), path, "has a key that is not a word");
        continue;
      }
      String key = keyNode.getValue();
      String childPath = path.isEmpty() ? key : path + "." + key;
      if (keyNode.getTag().equals(Tag.MERGE)) {
        problem(line(keyNode), path, "has a merge key <<, which is not read; write the keys out");
        continue;
      }
      var entry =
          new Mapping.Entry(line(keyNode), convert(tuple.getValueNode(), childPath, depth + 1));
      mapping
          .putIfAbsent(key, entry)
          .ifPresent(first ->
              problem(
                  entry.keyLine(), childPath, "is given twice, first in line " + first.keyLine()));
    }
    return mapping;
  }

  private YamlNode sequence(SequenceNode node, String path, int depth) {
    var items = new ArrayList<YamlNode>();
    for (Node item : node.getValue()) {
      items.add(convert(item, path + "[" + items.size() + "]", depth + 1));
    }
    return new YamlNode.Sequence(List.copyOf(items), line(node));
  }

  private static boolean isPlainData(Tag tag) {
    return PLAIN_DATA.contains(tag);
  }

  private void problem(int line, String path, String message) {
    problems.add(new ConfigProblem(source, line, path, message));
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private static String firstLine(String message) {
    return message.lines().findFirst().orElse("unreadable");
  }
}
