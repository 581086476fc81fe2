package llm.core.dialect.prediction;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.content.Dialect;

/**
 * What became of a predicted text, as the usage object of Chat Completions tells it
 * (https://platform.openai.com/docs/api-reference/chat/object): {@code accepted_prediction_tokens}
 * and {@code rejected_prediction_tokens} in {@code completion_tokens_details}.
 *
 * @param accepted predicted tokens that were tried and are in the answer, 0 or more
 * @param rejected those that were tried and are not, 0 or more
 */
public record PredictionUsage(int accepted, int rejected) {
  /** The fields of an answer that tell it. */
  public Extensions fields() {
    byte[] usage =
        new JsonOut(128)
            .object()
            .name("completion_tokens_details")
            .object()
            .field("accepted_prediction_tokens", accepted)
            .field("rejected_prediction_tokens", rejected)
            .endObject()
            .endObject()
            .toBytes();
    var text = new JsonText(new String(usage, StandardCharsets.UTF_8));
    return Extensions.of(Dialect.OPENAI_CHAT, Map.of("usage", text));
  }
}
