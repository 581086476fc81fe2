package llm.server.tidy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The direction of knowledge. JPMS keeps the modules apart; here is the order of packages inside
 * them: a package of {@code llm.core} imports only packages of its own layer or of layers before
 * it.
 */
class ArchitectureTest {

  /** Packages of llm.core from the ground up; those in one layer may know each other. */
  private static final List<Set<String>> CORE_LAYERS =
      List.of(
          Set.of("gbnf", "schema", "concurrent", "telemetry", "config"),
          Set.of("event", "provider"),
          Set.of("tokens", "catalogue"),
          Set.of("resilience"),
          Set.of("sse", "dialect"),
          Set.of("template", "structured"),
          Set.of("scripted"),
          Set.of("connection"),
          Set.of("limit"),
          Set.of("usage"),
          Set.of("trace", "cache", "idempotency"),
          Set.of("gateway"),
          Set.of("context", "conversation", "response", "tool", "approval"),
          Set.of("agent", "task"),
          Set.of("store"),
          Set.of("testkit"));

  private static JavaClasses classes;

  @BeforeAll
  static void importClasses() {
    List<Path> roots =
        SourceTree.MODULES.stream()
            .map(module ->
                SourceTree.ROOT.resolve("modules").resolve(module).resolve("target/classes"))
            .filter(Files::isDirectory)
            .toList();
    classes = new ClassFileImporter().importPaths(roots);
  }

  @Test
  void everyModuleWasRead() {
    assertThat(
            classes.stream()
                .map(c -> c.getPackageName().split("\\.")[1])
                .collect(Collectors.toSet()))
        .contains("domain", "core", "providers", "gpu", "train", "server");
  }

  @Test
  void coreImportsLeftToRightOnly() {
    var wrong = new TreeSet<String>();
    var unknown = new TreeSet<String>();
    for (JavaClass type : classes) {
      int from = layer(type.getPackageName());
      if (from == UNKNOWN) {
        unknown.add(type.getPackageName());
      }
      for (var dependency : type.getDirectDependenciesFromSelf()) {
        int to = layer(dependency.getTargetClass().getPackageName());
        if (from >= 0 && to > from) {
          wrong.add(type.getName() + " -> " + dependency.getTargetClass().getName());
        }
      }
    }
    assertThat(unknown).as("packages of llm.core without a layer: give them one above").isEmpty();
    assertThat(wrong).as("imports against the order of the layers").isEmpty();
  }

  @Test
  void productionCodeDoesNotImportTheTestkit() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llm.core.testkit..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("llm.core.testkit..")
        .check(classes);
  }

  @Test
  void aStoreIsKnownToWhoOpensItAlone() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "llm.core", // the sandbox opens one of its own
            "llm.core.store..",
            "llm.server.boot..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("llm.core.store..")
        .check(classes);
  }

  @Test
  void theServerDoesNotKnowTheTrainer() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llm.train..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("llm.train..", "jdk.incubator..")
        .check(classes);
  }

  @Test
  void methodHandlesAndLayoutsStayInFfi() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llm.gpu.ffi..")
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.invoke.MethodHandle")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.StructLayout")
        .check(classes);
  }

  @Test
  void coreOpensNoServerSocketAndCallsNoNativeCode() {
    noClasses()
        .that()
        .resideInAPackage("llm.core..")
        .and()
        .resideOutsideOfPackage("llm.core.testkit..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.lang.foreign..", "com.sun.net.httpserver..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.net.ServerSocket")
        .check(classes);
  }

  @Test
  void jacksonAppearsInNoExportedSignatureButTheDialects() {
    var wrong = new ArrayList<String>();
    for (JavaClass type : classes) {
      boolean dialect = type.getPackageName().startsWith("llm.core.dialect");
      if (dialect
          || !type.getModifiers().contains(com.tngtech.archunit.core.domain.JavaModifier.PUBLIC)) {
        continue;
      }
      type.getMethods().stream()
          .filter(
              m -> m.getModifiers().contains(com.tngtech.archunit.core.domain.JavaModifier.PUBLIC))
          .filter(m ->
              m.getRawReturnType().getPackageName().startsWith("tools.jackson")
                  || m.getRawParameterTypes().stream()
                      .anyMatch(p -> p.getPackageName().startsWith("tools.jackson")))
          .forEach(m -> wrong.add(m.getFullName()));
    }
    assertThat(wrong).isEmpty();
  }

  private static final int OUTSIDE = -1;
  private static final int UNKNOWN = -2;

  /**
   * The layer of a package of llm.core; OUTSIDE for other modules' and the module's own sandbox.
   */
  private static int layer(String packageName) {
    String[] steps = packageName.split("\\.");
    if (steps.length < 3 || !steps[0].equals("llm") || !steps[1].equals("core")) {
      return OUTSIDE;
    }
    for (int i = 0; i < CORE_LAYERS.size(); i++) {
      if (CORE_LAYERS.get(i).contains(steps[2])) {
        return i;
      }
    }
    return UNKNOWN;
  }
}
