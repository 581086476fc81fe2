package llm.server.replay;

import java.nio.charset.StandardCharsets;
import llm.core.testkit.Reply;

/** What scripted upstreams answer. */
final class Upstreams {
  private static final String EVENTS = "text/event-stream";
  private static final String JSON = "application/json";
  private static final String CHAT =
      "{\"id\":\"chatcmpl-up\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":"
          + "[{\"index\":0,\"delta\":{%s},\"finish_reason\":%s}]}";

  private static final String CHAT_BEFORE =
      "{\"id\":\"chatcmpl-up\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":"
          + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"";
  private static final String CHAT_BEHIND =
      "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,"
          + "\"completion_tokens\":2,\"total_tokens\":5}}";

  static final Reply CHAT_STREAM =
      splitInACharacter(
              Reply.chunkedHead(EVENTS),
              "data: " + CHAT.formatted("\"content\":\"Grüße\"", "null") + "\n\n")
          .chunk("data: " + CHAT.formatted("\"content\":\", 世界\"", "null") + "\r\n\r\n")
          .chunk("data: " + CHAT.formatted("", "\"stop\"") + "\n\ndata: [DONE]\n\n")
          .lastChunk();

  static final Reply CHAT_CUT =
      Reply.chunkedHead(EVENTS)
          .chunk("data: " + CHAT.formatted("\"content\":\"Half of\"", "null") + "\n\n")
          .chunk("data: {\"id\"")
          .reset();

  static final Reply CHAT_WHOLE = whole("Grüße, 世界");

  static final Reply RESPONSES_WHOLE =
      Reply.ok(JSON, "{\"type\":\"none\"," + response("completed") + "}");

  static final Reply RESPONSES_STREAM =
      Reply.events(
          "{\"type\":\"response.created\",\"response\":{" + response("in_progress") + "}}",
          "{\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"type\":\"message\","
              + "\"id\":\"msg_upstream1\",\"role\":\"assistant\",\"content\":[]}}",
          "{\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,"
              + "\"item_id\":\"msg_upstream1\",\"delta\":\"Hallo\"}",
          "{\"type\":\"response.completed\",\"response\":{" + response("completed") + "}}");

  static final Reply MESSAGES_WHOLE =
      Reply.ok(
          JSON,
          "{\"id\":\"msg_upstream1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\","
              + "\"content\":[{\"type\":\"text\",\"text\":\"Bonjour\"}],\"stop_reason\":\"end_turn\","
              + "\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}");

  static final Reply MESSAGES_STREAM =
      Reply.chunked(
          EVENTS,
          "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_upstream1\","
              + "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],"
              + "\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n",
          "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
              + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
          "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
              + "\"delta\":{\"type\":\"text_delta\",\"text\":\"Bonjour\"}}\n\n",
          "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
          "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
              + "\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n",
          "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");

  private Upstreams() {}

  /** A whole answer that repeats a secret, in two chunks. */
  static Reply echo(String secret) {
    int half = secret.length() / 2;
    return Reply.chunkedHead(JSON)
        .chunk(CHAT_BEFORE + "Your key is " + secret.substring(0, half))
        .chunk(secret.substring(half) + "." + CHAT_BEHIND)
        .lastChunk();
  }

  private static Reply whole(String text) {
    return Reply.ok(JSON, CHAT_BEFORE + text + CHAT_BEHIND);
  }

  private static String response(String status) {
    String output =
        status.equals("completed")
            ? "{\"type\":\"message\",\"id\":\"msg_upstream1\",\"role\":\"assistant\",\"status\":\"completed\","
                + "\"content\":[{\"type\":\"output_text\",\"text\":\"Hallo\",\"annotations\":[]}]}"
            : "";
    return "\"id\":\"resp_upstream1\",\"object\":\"response\",\"status\":\""
        + status
        + "\",\"model\":\"m\",\"output\":["
        + output
        + "],\"usage\":{\"input_tokens\":3,\"output_tokens\":2,\"total_tokens\":5}";
  }

  /** Two chunks that part within the text's first character of two bytes. */
  private static Reply splitInACharacter(Reply head, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int at = 0;
    while (bytes[at] >= 0) {
      at++;
    }
    String all = new String(bytes, StandardCharsets.ISO_8859_1);
    return part(part(head, all.substring(0, at + 1)), all.substring(at + 1));
  }

  private static Reply part(Reply reply, String latin1) {
    return reply.send(Integer.toHexString(latin1.length()) + "\r\n" + latin1 + "\r\n");
  }
}
