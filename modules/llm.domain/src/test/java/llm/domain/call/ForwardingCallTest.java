package llm.domain.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.chat.Usage;
import org.junit.jupiter.api.Test;

class ForwardingCallTest {
  private record Asked(Method method, List<Object> arguments) {}

  private static final Map<Class<?>, Object> VALUES =
      Map.ofEntries(
          Map.entry(boolean.class, true),
          Map.entry(long.class, 7L),
          Map.entry(String.class, "text"),
          Map.entry(Duration.class, Duration.ofSeconds(7)),
          Map.entry(Span.class, Span.NONE),
          Map.entry(CallId.class, new CallId("call-7")),
          Map.entry(Principal.class, Principal.LOCAL),
          Map.entry(Deadline.class, Deadline.after(7, Duration.ofSeconds(7))),
          Map.entry(CancelReason.class, CancelReason.CLOSED),
          Map.entry(Optional.class, Optional.empty()),
          Map.entry(Map.class, Map.of("name", "value")),
          Map.entry(Answerer.class, new Answerer("provider", "model")),
          Map.entry(Usage.class, Usage.NONE),
          Map.entry(Runnable.class, (Runnable) () -> {}),
          Map.entry(Registration.class, (Registration) () -> {}));

  private static final List<Method> MADE_OF_NO_OTHER =
      Arrays.stream(Call.class.getMethods())
          .filter(method -> !method.getName().equals("trace"))
          .filter(method -> !method.getName().equals("child") || method.getParameterCount() == 2)
          .toList();

  /** Methods with a body in the interface too: one that is not passed on answers for itself. */
  @Test
  void asksTheOtherOneEverything() throws Exception {
    var asked = new ArrayList<Asked>();
    Call[] itself = new Call[1];
    itself[0] =
        (Call)
            Proxy.newProxyInstance(
                Call.class.getClassLoader(),
                new Class<?>[] {Call.class},
                (_, method, arguments) -> {
                  asked.add(new Asked(method, arguments == null ? List.of() : List.of(arguments)));
                  return value(method.getReturnType(), itself[0]);
                });
    var forwarding = new ForwardingCall(itself[0]) {};
    assertThat(forwarding.inner()).isSameAs(itself[0]);
    for (Method method : MADE_OF_NO_OTHER) {
      Object[] arguments =
          Arrays.stream(method.getParameterTypes()).map(type -> value(type, itself[0])).toArray();
      Object answer = method.invoke(forwarding, arguments);
      assertThat(asked).last().isEqualTo(new Asked(method, List.of(arguments)));
      assertThat(answer).isSameAs(value(method.getReturnType(), itself[0]));
    }
    assertThat(asked).hasSizeGreaterThan(10);
  }

  @Test
  void whatIsMadeOfOtherMethodsIsMadeOfTheSubclassesOwn() {
    var context = TraceContext.parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    Call inner =
        (Call)
            Proxy.newProxyInstance(
                Call.class.getClassLoader(),
                new Class<?>[] {Call.class},
                (_, method, _) -> {
                  throw new AssertionError("the other one was asked " + method);
                });
    var own =
        new ForwardingCall(inner) {
          @Override
          public Span span() {
            return Span.passing(context);
          }

          @Override
          public Call child(Duration budget, Span span) {
            return this;
          }
        };
    assertThat(own.trace()).isEqualTo(context).isPresent();
    assertThat(own.child(Duration.ofSeconds(1))).isSameAs(own);
  }

  private static Object value(Class<?> type, Call call) {
    return type == void.class ? null : type == Call.class ? call : VALUES.get(type);
  }
}
