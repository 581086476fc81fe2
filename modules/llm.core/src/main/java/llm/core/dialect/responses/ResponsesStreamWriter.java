package llm.core.dialect.responses;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import llm.core.dialect.json.JsonOut;
import llm.core.dialect.openai.LogprobsWriter;
import llm.core.sse.SseFrame;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.error.LlmError;

/**
 * Writes the events of one answer as the events of this dialect
 * (https://platform.openai.com/docs/api-reference/responses-streaming), each numbered. The first is
 * {@code response.created}, the last {@code response.completed}, {@code response.incomplete} or
 * {@code response.failed}; there is no {@code [DONE]}. What fails before the first event is {@code
 * error}. The same events always make the same frames, so that they can be written again. Not
 * thread-safe; one stream each.
 */
public final class ResponsesStreamWriter {
  private static final byte[] END = ascii("}" + SseFrame.END);

  private final JsonOut out = new JsonOut(2_048);
  private final Answer answer;
  private final Telling telling = new Telling();
  private boolean stored;
  private Predicate<byte[]> keeper = _ -> stored;
  private Optional<JsonText> ending = Optional.empty();
  private int after = -1;
  private int number; // of the next event
  private int delta = -1; // the item that `opening` is of
  private byte[] opening = {};
  private boolean begun;

  /**
   * A writer for one stream.
   *
   * @param answer one of which nothing came yet
   * @param stored whether the answer is kept, or is going to be
   */
  public ResponsesStreamWriter(Answer answer, boolean stored) {
    this.answer = answer;
    this.stored = stored;
    answer.tell(telling);
  }

  /**
   * Has the whole answer kept before its end is told.
   *
   * @param other is given the response object; says whether it is kept. May block
   */
  public ResponsesStreamWriter keptBy(Predicate<byte[]> other) {
    keeper = other;
    return this;
  }

  /** Writes this object with the last event, whatever the events came to. */
  public ResponsesStreamWriter endingWith(JsonText whole) {
    ending = Optional.of(whole);
    return this;
  }

  /** Leaves out all events up to number {@code last}; the last one of all is written anyway. */
  public ResponsesStreamWriter after(int last) {
    after = last;
    return this;
  }

  /**
   * Writes the frames of {@code event} in one call of the sink; does not flush.
   *
   * @throws IOException what the sink throws
   */
  public void write(StreamEvent event, OutputStream sink) throws IOException {
    out.clear();
    if (!begun && event instanceof StreamEvent.Failed(LlmError error, _)) {
      error(error);
    } else {
      begin(event);
      answer.add(event);
      if (event instanceof StreamEvent.Terminal) {
        end();
      }
    }
    if (out.size() > 0) {
      out.writeTo(sink);
    }
  }

  /**
   * Writes the frame of an error that is not the answer's own; nothing follows it.
   *
   * @throws IOException what the sink throws
   */
  public void writeError(LlmError error, OutputStream sink) throws IOException {
    out.clear();
    error(error);
    out.writeTo(sink);
  }

  private void begin(StreamEvent event) {
    if (begun) {
      return;
    }
    begun = true;
    if (event instanceof StreamEvent.Started) {
      answer.add(event);
    }
    state("response.created");
    state("response.in_progress");
  }

  private void state(String type) {
    if (begins(type)) {
      out.name("response");
      answer.write(stored, out);
      ends();
    }
  }

  private void end() {
    String type =
        switch (answer.status()) {
          case COMPLETED -> "response.completed";
          case INCOMPLETE -> "response.incomplete";
          case IN_PROGRESS, FAILED, CANCELLED -> "response.failed";
        };
    if (ending.isEmpty()) {
      stored = keeper.test(answer.json(true));
    }
    after = -1; // who has seen all but this one needs it, and who has seen it does no harm
    begins(type);
    out.name("response");
    if (ending.isPresent()) {
      out.json(ending.get());
    } else {
      answer.write(stored, out);
    }
    ends();
  }

  private void error(LlmError error) {
    after = -1;
    begins("error");
    out.field("code", error.code().wireName())
        .field("message", error.message())
        .name("param")
        .nothing();
    ends();
  }

  /** Begins a frame; false: it is not wanted, but counts. */
  private boolean begins(String type) {
    if (number <= after) {
      number++;
      return false;
    }
    out.raw(ascii("event: " + type + "\n" + SseFrame.DATA)).object().field("type", type);
    return true;
  }

  private boolean begins(String type, OutputItem item) {
    boolean wanted = begins(type);
    if (wanted) {
      out.field("item_id", item.id()).field("output_index", item.index());
    }
    return wanted;
  }

  private void ends() {
    out.field("sequence_number", number++).raw(END);
  }

  /** Says what happens to items. */
  private final class Telling implements Answer.Listener {
    @Override
    public void opened(OutputItem item) {
      whole("response.output_item.added", item);
      if (item.kind() == OutputItem.Kind.MESSAGE && begins("response.content_part.added", item)) {
        out.field("content_index", 0).name("part");
        item.part(false, out);
        ends();
      }
    }

    private void whole(String type, OutputItem item) {
      if (begins(type)) {
        out.field("output_index", item.index()).name("item");
        item.write(answer.isSummary(), out);
        ends();
      }
    }

    @Override
    public void grew(OutputItem item, String text, List<TokenLogprob> logprobs) {
      boolean first = item.text().length() == text.length();
      if (item.kind() == OutputItem.Kind.REASONING
          && first
          && !text.isEmpty()
          && item.part() == 0) {
        thought(item, 0, "added", "");
      }
      if (text.isEmpty() && logprobs.isEmpty()) {
        return;
      }
      if (number <= after) {
        number++;
        return;
      }
      open(item);
      out.raw(opening).escaped(text);
      if (item.kind() == OutputItem.Kind.MESSAGE && !item.refuses()) {
        out.raw(ascii("\",\"logprobs\":"));
        LogprobsWriter.tokens(logprobs, out);
      } else {
        out.raw(ascii("\""));
      }
      out.raw(ascii(",\"sequence_number\":" + number++)).raw(END);
    }

    /** What all deltas of one item begin with. */
    private void open(OutputItem item) {
      if (delta == item.index()) {
        return;
      }
      String type = "response." + word(item) + ".delta";
      var frame = new JsonOut(192);
      frame.raw(ascii("event: " + type + "\n" + SseFrame.DATA));
      frame.object().field("type", type);
      frame.field("item_id", item.id()).field("output_index", item.index());
      place(item, item.part(), frame);
      frame.name("delta").raw(ascii("\""));
      opening = frame.toBytes();
      delta = item.index();
    }

    @Override
    public void annotated(OutputItem item, JsonText annotation) {
      if (begins("response.output_text.annotation.added", item)) {
        out.field("content_index", 0).field("annotation_index", item.annotations().size() - 1);
        out.name("annotation").json(annotation);
        ends();
      }
    }

    @Override
    public void closed(OutputItem item) {
      if (item.kind() == OutputItem.Kind.OTHER) {
        whole("response.output_item.done", item);
        return;
      }
      boolean silent = item.kind() == OutputItem.Kind.REASONING && item.text().isEmpty();
      if (!silent && begins("response." + word(item) + ".done", item)) {
        place(item, item.part(), out);
        switch (item.kind()) {
          case OTHER -> throw new IllegalStateException("has no text");
          case MESSAGE -> {
            out.field(item.refuses() ? "refusal" : "text", item.text().toString());
            if (!item.refuses()) {
              out.name("logprobs");
              LogprobsWriter.tokens(item.logprobs(), out);
            }
          }
          case REASONING -> out.field("text", item.partText());
          case CALL -> out.field("name", item.name()).field("arguments", item.text().toString());
        }
        ends();
      }
      if (item.kind() == OutputItem.Kind.MESSAGE && begins("response.content_part.done", item)) {
        out.field("content_index", 0).name("part");
        item.part(true, out);
        ends();
      }
      if (item.kind() == OutputItem.Kind.REASONING && !silent) {
        thought(item, item.part(), "done", item.partText());
      }
      whole("response.output_item.done", item);
    }

    @Override
    public void parted(OutputItem item, String before) {
      int last = item.part() - 1;
      if (begins("response." + word(item) + ".done", item)) {
        place(item, last, out);
        out.field("text", before);
        ends();
      }
      thought(item, last, "done", before);
      thought(item, item.part(), "added", "");
      delta = -1;
    }

    private void thought(OutputItem item, int part, String what, String text) {
      boolean summary = answer.isSummary();
      String type = summary ? "response.reasoning_summary_part." : "response.content_part.";
      if (begins(type + what, item)) {
        place(item, part, out);
        out.name("part");
        OutputItem.thought(summary ? "summary_text" : "reasoning_text", text, out);
        ends();
      }
    }

    private String word(OutputItem item) {
      return switch (item.kind()) {
        case OTHER -> throw new IllegalStateException("has no text");
        case MESSAGE -> item.refuses() ? "refusal" : "output_text";
        case CALL -> "function_call_arguments";
        case REASONING -> answer.isSummary() ? "reasoning_summary_text" : "reasoning_text";
      };
    }

    private void place(OutputItem item, int part, JsonOut to) {
      if (item.kind() != OutputItem.Kind.CALL) {
        boolean summary = item.kind() == OutputItem.Kind.REASONING && answer.isSummary();
        to.field(summary ? "summary_index" : "content_index", part);
      }
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
