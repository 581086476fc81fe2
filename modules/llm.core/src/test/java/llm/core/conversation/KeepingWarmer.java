package llm.core.conversation;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.testkit.Gate;
import llm.domain.call.Call;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Usage;
import llm.domain.port.PrefixWarmer;
import llm.domain.prompt.WarmPrefixId;

/** Keeps what it is asked to, at once or when a gate opens. */
final class KeepingWarmer implements PrefixWarmer {
  private final List<WarmPrefixId> kept = new CopyOnWriteArrayList<>();
  private final List<ChatRequest> asked = new CopyOnWriteArrayList<>();
  private final AtomicReference<Gate> gate = new AtomicReference<>();

  /** What is kept now. */
  List<WarmPrefixId> kept() {
    return List.copyOf(kept);
  }

  /** What it was asked to keep, in order. */
  List<ChatRequest> asked() {
    return List.copyOf(asked);
  }

  /** The next one is read when the gate opens, whatever becomes of its call. */
  Gate holdNext() {
    var held = new Gate();
    gate.set(held);
    return held;
  }

  @Override
  public Usage warm(WarmPrefixId id, ChatRequest prefix, Duration keep, Call call) {
    asked.add(prefix);
    Gate held = gate.getAndSet(null);
    if (held != null) {
      held.pass();
    }
    kept.add(id);
    return new Usage(10, 0, 0);
  }

  @Override
  public boolean holds(WarmPrefixId id) {
    return kept.contains(id);
  }

  @Override
  public void release(WarmPrefixId id) {
    kept.remove(id);
  }
}
