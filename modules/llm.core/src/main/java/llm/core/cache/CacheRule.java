package llm.core.cache;

import java.time.Duration;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How answers of a model are cached.
 *
 * @param use whether they are
 * @param life how long an answer is kept, where the caller does not say
 * @param scope who is given it again
 */
public record CacheRule(Use use, Duration life, Scope scope) {

  /** When answers are cached. */
  public enum Use {
    /** Never, whatever a caller says. */
    NEVER,
    /** When a caller asks for it. */
    ASKED,
    /** Unless a caller asks for the contrary. */
    ALWAYS
  }

  /** Who is given an answer again. */
  public enum Scope {
    /** Who asks with the same key. */
    KEY,
    /** Everybody. */
    SHARED
  }

  static final Duration LONGEST = Duration.ofDays(7);

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  /** What is built in. */
  public static final CacheRule DEFAULT = new CacheRule(Use.ASKED, HOUR, Scope.KEY);

  /** Reads a rule; what it does not say is as in {@code other}. */
  static CacheRule read(Section section, CacheRule other) {
    return new CacheRule(
        section.get(
            Setting.choice(
                "use",
                other.use,
                "Whether answers are given again: asked is for requests that say so by the header"
                    + " x-llm-cache, always for all that do not say no-store.")),
        section.get(
            Setting.duration(
                "ttl_seconds",
                other.life,
                SHORTEST,
                LONGEST,
                "How long an answer is kept where the request does not say.")),
        section.get(
            Setting.choice(
                "scope",
                other.scope,
                "Who is given an answer again: key is whoever asks with the same API key, shared"
                    + " everybody.")));
  }
}
