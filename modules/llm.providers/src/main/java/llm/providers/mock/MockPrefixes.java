package llm.providers.mock;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llm.domain.call.Call;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.PrefixWarmer;
import llm.domain.port.TimeSource;
import llm.domain.port.TokenCounter;
import llm.domain.prompt.WarmPrefixId;

/**
 * Pretends to keep prefixes: nothing is computed here, but what callers see is as of a model. The
 * messages that a later request has in common with one that is kept, from the first on, are its
 * cached tokens, and there is room for {@link #MOST_TOKENS} only. Thread-safe.
 */
final class MockPrefixes implements PrefixWarmer {
  /** What all kept prefixes may take together. */
  static final int MOST_TOKENS = 100_000;

  private final TokenCounter counter;
  private final TimeSource time;
  private final Map<WarmPrefixId, Kept> kept = new HashMap<>(); // guarded by this

  private record Kept(ModelName model, List<Message> messages, int tokens, long untilNanos) {}

  MockPrefixes(TokenCounter counter, TimeSource time) {
    this.counter = counter;
    this.time = time;
  }

  @Override
  public synchronized Usage warm(WarmPrefixId id, ChatRequest prefix, Duration keep, Call call)
      throws LlmException {
    int tokens = counter.countPrompt(prefix);
    int cached = cachedTokens(prefix);
    int taken = kept.values().stream().mapToInt(Kept::tokens).sum();
    if (tokens > MOST_TOKENS - taken) {
      throw new LlmException(
          new LlmError.Conflict(
              "There is no room to keep this prompt of "
                  + tokens
                  + " tokens: "
                  + taken
                  + " are kept already, of at most "
                  + MOST_TOKENS
                  + "; release one."));
    }
    long until = time.nanoTime() + keep.toNanos();
    kept.put(id, new Kept(prefix.model(), prefix.messages(), tokens, until));
    return new Usage(tokens, 0, cached);
  }

  @Override
  public synchronized boolean holds(WarmPrefixId id) {
    Kept one = kept.get(id);
    return one != null && one.untilNanos() - time.nanoTime() > 0;
  }

  @Override
  public synchronized void release(WarmPrefixId id) {
    kept.remove(id);
  }

  /** How much of the request's prompt is kept, in tokens. */
  synchronized int cachedTokens(ChatRequest request) {
    long now = time.nanoTime();
    kept.values().removeIf(one -> one.untilNanos() - now <= 0);
    List<Message> messages = request.messages();
    int common =
        kept.values().stream()
            .filter(one -> one.model().equals(request.model()))
            .mapToInt(one -> common(one.messages(), messages))
            .max()
            .orElse(0);
    return common == 0 ? 0 : counter.countMessages(messages.subList(0, common));
  }

  private static int common(List<Message> kept, List<Message> messages) {
    int most = Math.min(kept.size(), messages.size());
    for (int i = 0; i < most; i++) {
      if (!kept.get(i).equals(messages.get(i))) {
        return i;
      }
    }
    return most;
  }
}
