package llm.core.tokens;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingRegistry;
import com.knuddels.jtokkit.api.EncodingType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import llm.domain.model.ModelSpec;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;

/**
 * Finds the counter for a model: by its encoding where that is known, else the estimate of four
 * characters to a token. An encoding's table (megabytes) is read when a text is first counted by
 * it, at most once. Thread-safe.
 */
public final class TokenCounters {
  private static final TokenCounter ESTIMATE = new TokenEstimator();

  private final EncodingRegistry registry = Encodings.newLazyEncodingRegistry();
  private final Map<String, Encoding> loaded = new ConcurrentHashMap<>();
  private final Map<String, TokenCounter> counters = new ConcurrentHashMap<>();

  /** The counter for a model of this kind. */
  public TokenCounter forModel(ModelSpec spec) {
    return spec.encoding()
        .filter(TokenCounters::isKnown)
        .map(name -> counters.computeIfAbsent(name, this::counter))
        .orElse(ESTIMATE);
  }

  /** Whether there is an encoding of this name. */
  public static boolean isKnown(String encoding) {
    return EncodingType.fromName(encoding).isPresent();
  }

  /** The names of the encodings there are. */
  public static List<String> encodings() {
    return Arrays.stream(EncodingType.values()).map(EncodingType::getName).toList();
  }

  private TokenCounter counter(String encoding) {
    return new JtokkitTokenCounter(() -> loaded.computeIfAbsent(encoding, this::load));
  }

  private Encoding load(String encoding) {
    return registry.getEncoding(EncodingType.fromName(encoding).orElseThrow());
  }
}
