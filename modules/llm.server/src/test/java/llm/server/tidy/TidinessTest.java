package llm.server.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.LineNumber;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Rules of style that a program can check, so that nobody has to argue about them. */
class TidinessTest {
  private static final int MAX_FILE_LINES = 600;
  private static final int MAX_METHOD_LINES = 70;
  private static final int MAX_FILES_IN_PACKAGE = 20;

  /** Calls that production code may not make, and where one of them may be made after all. */
  private static final Map<String, Pattern> BANNED =
      Map.of(
          "System\\.(out|err)\\b",
              Pattern.compile("(Main|StandardStreams|Terminal|Boot|Sandbox|Fuzz)\\.java$"),
          "\\.printStackTrace\\(", Pattern.compile("$^"),
          "Thread\\.sleep\\(", Pattern.compile("$^"),
          "System\\.exit\\(", Pattern.compile("Main\\.java$"),
          "\\b(TODO|FIXME|XXX)\\b", Pattern.compile("$^"));

  @Test
  void filesFitAHead() {
    var tooLong =
        SourceTree.files("src", ".java").stream()
            .filter(file -> SourceTree.lines(file).size() > MAX_FILE_LINES)
            .map(SourceTree::name)
            .toList();
    assertThat(tooLong).as("files of more than " + MAX_FILE_LINES + " lines").isEmpty();
  }

  @Test
  void packagesAreSplitBeforeTheyGrowTooLarge() {
    var tooLarge =
        SourceTree.files("src/main/java", ".java").stream()
            .collect(Collectors.groupingBy(Path::getParent, Collectors.counting()))
            .entrySet()
            .stream()
            .filter(entry -> entry.getValue() > MAX_FILES_IN_PACKAGE)
            .map(entry -> SourceTree.name(entry.getKey()) + ": " + entry.getValue())
            .toList();
    assertThat(tooLarge).as("packages of more than " + MAX_FILES_IN_PACKAGE + " files").isEmpty();
  }

  @Test
  void methodsFitAScreen() throws IOException {
    var tooLong = new ArrayList<String>();
    for (Path file : SourceTree.files("target/classes", ".class")) {
      var type = ClassFile.of().parse(file);
      for (MethodModel method : type.methods()) {
        int lines = lineSpan(method);
        if (lines > MAX_METHOD_LINES && !method.methodName().equalsString("<clinit>")) {
          tooLong.add(type.thisClass().asInternalName() + "." + method.methodName() + ": " + lines);
        }
      }
    }
    assertThat(tooLong).as("methods of more than " + MAX_METHOD_LINES + " lines").isEmpty();
  }

  @Test
  void bannedCallsAreNotMade() {
    var found = new ArrayList<String>();
    for (Path file : SourceTree.files("src/main/java", ".java")) {
      List<String> lines = SourceTree.lines(file);
      for (int i = 0; i < lines.size(); i++) {
        for (var ban : BANNED.entrySet()) {
          boolean allowed = ban.getValue().matcher(file.toString()).find();
          if (!allowed && Pattern.compile(ban.getKey()).matcher(lines.get(i)).find()) {
            found.add(SourceTree.name(file) + ":" + (i + 1) + ": " + lines.get(i).strip());
          }
        }
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void nothingIsCaughtAndDropped() throws IOException {
    Pattern dropped = Pattern.compile("catch \\([^)]*\\) \\{\\s*(//[^\\n]*\\s*)*\\}");
    var found = new ArrayList<String>();
    for (Path file : SourceTree.files("src/main/java", ".java")) {
      if (dropped.matcher(Files.readString(file)).find()) {
        found.add(SourceTree.name(file));
      }
    }
    assertThat(found).as("log and count it, answer it, or rethrow").isEmpty();
  }

  @Test
  void testsDoNotSleepAndSayWhyTheySkip() {
    var found = new ArrayList<String>();
    Pattern sleeps = Pattern.compile("Thread\\.sleep\\(|TimeUnit\\.\\w+\\.sleep\\(");
    Pattern mute = Pattern.compile("@Disabled\\s*$|@Disabled\\(\"\\s*\"\\)|assumeTrue\\([^,]*\\);");
    for (Path file : SourceTree.files("src/test/java", ".java")) {
      if (file.endsWith("TidinessTest.java")) {
        continue;
      }
      for (String line : SourceTree.lines(file)) {
        if (sleeps.matcher(line).find() || mute.matcher(line).find()) {
          found.add(SourceTree.name(file) + ": " + line.strip());
        }
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void namesSayWhatThingsAre() {
    Pattern empty = Pattern.compile("\\w*(Utils?|Helper|Impl|Manager)\\.java");
    var found =
        SourceTree.files("src/main/java", ".java").stream()
            .filter(file -> empty.matcher(file.getFileName().toString()).matches())
            .map(SourceTree::name)
            .toList();
    assertThat(found).isEmpty();
  }

  @Test
  void everyModuleHasAReadmeAndASandbox() {
    for (String module : SourceTree.MODULES) {
      Path folder = SourceTree.ROOT.resolve("modules").resolve(module);
      assertThat(folder.resolve("README.md")).exists();
      assertThat(folder.resolve("src/main/java/" + module.replace('.', '/') + "/Main.java"))
          .exists();
    }
  }

  /** Source lines from the first to the last that the method's code names; 0 without code. */
  private static int lineSpan(MethodModel method) {
    int[] lines =
        method.code().stream()
            .flatMap(code -> code.elementStream())
            .filter(LineNumber.class::isInstance)
            .mapToInt(element -> ((LineNumber) element).line())
            .toArray();
    return lines.length == 0
        ? 0
        : Arrays.stream(lines).max().getAsInt() - Arrays.stream(lines).min().getAsInt() + 1;
  }
}
