package llm.gpu.draft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import llm.gpu.draft.Seats.Seat;
import llm.gpu.draft.Speculation.Mode;
import llm.gpu.llama.Sequences;
import llm.gpu.prefix.TestSequences;
import llm.gpu.prefix.TokenSequence;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: what a draft model has read follows the answers")
class SeatsTest {
  /** Two sequences; what is asked of them is noted. */
  private static final class Noted implements Sequences {
    private final List<String> calls = new ArrayList<>();
    private boolean reaches = true;
    private boolean cuts = true;

    @Override
    public int sequences() {
      return 2;
    }

    @Override
    public void share(int source, int target, int count) {
      calls.add("share " + source + " " + target + " " + count);
    }

    @Override
    public boolean cut(int sequence, int count) {
      calls.add("cut " + sequence + " " + count);
      return cuts || count == 0;
    }

    @Override
    public boolean reaches(int sequence, int count) {
      return reaches;
    }
  }

  private final Noted sequences = new Noted();
  private final Seats seats = new Seats(sequences);

  private static Drafting answer() {
    return new Drafting(new Speculation(Mode.AUTO, 4), new Confidence());
  }

  /** Has all of it read. */
  private Seat read(Drafting answer, TokenSequence sequence) {
    Seat seat = seats.follow(answer, sequence);
    while (seat.count() < sequence.count()) {
      seat.append(sequence.token(seat.count()));
    }
    sequences.calls.clear();
    return seat;
  }

  @Test
  void aNewAnswerIsNotReadAtAll() {
    TokenSequence sequence = TestSequences.of(1, 2, 3);

    assertThat(seats.unread(answer(), sequence)).isEqualTo(3);
    assertThat(seats.follow(answer(), sequence).count()).isZero();
  }

  @Test
  void whatWasDraftedAndIsRightNeedNotBeReadAndWhatIsWrongIsTakenOut() {
    Drafting answer = answer();
    TokenSequence sequence = TestSequences.of(1, 2, 3);
    Seat seat = read(answer, sequence);
    for (int guess : new int[] {4, 5, 6}) {
      seat.append(guess);
    }
    sequence.append(4);
    sequence.append(5);
    sequence.append(9);

    assertThat(seats.unread(answer, sequence)).isEqualTo(1);
    assertThat(seats.follow(answer, sequence).count()).isEqualTo(5);
    assertThat(sequences.calls).containsExactly("cut 0 5");
  }

  @Test
  void theLastTokenIsAlwaysComputedAgain() {
    Drafting answer = answer();
    TokenSequence sequence = TestSequences.of(1, 2, 3);
    read(answer, sequence);

    assertThat(seats.unread(answer, sequence)).isEqualTo(1);
    assertThat(seats.follow(answer, sequence).count()).isEqualTo(2);
  }

  @Test
  void anAnswerThatBeginsLikeOneThatHasEndedGoesOnFromThat() {
    Drafting first = answer();
    read(first, TestSequences.of(1, 2, 3, 4));
    seats.leave(first);
    TokenSequence next = TestSequences.of(1, 2, 7, 8);

    assertThat(seats.unread(answer(), next)).isEqualTo(2);
    assertThat(seats.follow(answer(), next).count()).isEqualTo(2);
    assertThat(sequences.calls).containsExactly("cut 0 2");
  }

  @Test
  void answersOfTwoConversationsInTurnEachGoOnFromTheirOwn() {
    Drafting one = answer();
    read(one, TestSequences.of(1, 2, 3, 4));
    seats.leave(one);
    Drafting other = answer();
    read(other, TestSequences.of(1, 5, 6, 7));
    seats.leave(other);

    assertThat(seats.unread(answer(), TestSequences.of(1, 2, 3, 4, 8))).isEqualTo(1);
    assertThat(seats.unread(answer(), TestSequences.of(1, 5, 6, 7, 8))).isEqualTo(1);
  }

  @Test
  void anAnswerThatBeginsLikeOneInWorkSharesThat() {
    read(answer(), TestSequences.of(1, 2, 3, 4));
    Seat second = seats.follow(answer(), TestSequences.of(1, 2, 7, 8));

    assertThat(second.id()).isEqualTo(1);
    assertThat(second.count()).isEqualTo(2);
    assertThat(sequences.calls).containsExactly("cut 1 0", "share 0 1 2");
  }

  @Test
  void ofMoreAnswersThanSequencesTheOneFollowedLeastRecentlyIsReadAnew() {
    Drafting first = answer();
    Drafting second = answer();
    TokenSequence ofFirst = TestSequences.of(1, 2);
    read(first, ofFirst);
    read(second, TestSequences.of(3, 4));
    Seat third = read(answer(), TestSequences.of(5, 6));

    assertThat(third.id()).isZero();
    assertThat(seats.unread(first, ofFirst)).isEqualTo(2);
    assertThat(seats.unread(second, TestSequences.of(3, 4))).isEqualTo(1);
  }

  @Test
  void whereTheMemoryCannotBeCutBackAllIsReadAgain() {
    Drafting answer = answer();
    TokenSequence sequence = TestSequences.of(1, 2, 3);
    read(answer, sequence).append(4);
    sequence.append(5);
    sequences.cuts = false;

    assertThat(seats.follow(answer, sequence).count()).isZero();
    assertThat(sequences.calls).containsExactly("cut 0 3", "cut 0 0");
  }

  @Test
  void whatAWindowHasForgottenIsReadAgain() {
    read(answer(), TestSequences.of(1, 2, 3, 4));
    sequences.reaches = false;

    assertThat(seats.follow(answer(), TestSequences.of(1, 2, 7, 8)).count()).isZero();
  }

  @Test
  void onlyWhatNobodyOwnsIsForgottenForRoom() {
    Drafting first = answer();
    read(first, TestSequences.of(1, 2));
    assertThat(seats.forgetIdle()).isFalse();
    seats.leave(first);
    assertThat(seats.forgetIdle()).isTrue();
    assertThat(seats.unread(answer(), TestSequences.of(1, 2))).isEqualTo(2);
  }
}
