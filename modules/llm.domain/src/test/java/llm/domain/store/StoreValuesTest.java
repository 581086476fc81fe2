package llm.domain.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class StoreValuesTest {

  @Test
  void aKeyTakesWhatIdsAreMadeOf() {
    var key = new LogKey("conversation", "Az09._:-" + "x".repeat(120));
    assertThat(key.toString()).isEqualTo("conversation/" + key.id());
    assertThat(new LogKey("a".repeat(32), "..").id()).isEqualTo("..");
  }

  @Test
  void everyCharacterIsPartOfAnIdOrNot() {
    var pattern = Pattern.compile("[A-Za-z0-9._:-]{1,128}");
    for (int c = 0; c <= Character.MAX_VALUE; c++) {
      String text = "x" + (char) c;
      assertThat(LogKey.isId(text)).as("U+%04X", c).isEqualTo(pattern.matcher(text).matches());
    }
  }

  @Test
  void aKeyRefusesEverythingElse() {
    for (String id : List.of("", "x".repeat(129), "a/b", "a b", "ü", "a\n", "a\0")) {
      assertThat(LogKey.isId(id)).as(id).isFalse();
      assertThatThrownBy(() -> new LogKey("a", id))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("an id matches");
    }
    for (String space : List.of("", "a".repeat(33), "A", "a1", "a/")) {
      assertThatThrownBy(() -> new LogKey(space, "x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a space matches");
    }
  }

  @Test
  void aRecordHasAPositionFromZero() {
    assertThat(new LogRecord(0, "").text()).isEmpty();
    assertThatThrownBy(() -> new LogRecord(-1, "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a position is 0 or more");
  }

  @Test
  void aLogIsDescribedWithoutItsRecords() {
    var end = new LogPoint(new LogIdentity(new UUID(1, 2)), 3);
    var info = new LogInfo(new LogKey("a", "b"), end, "head", Instant.EPOCH);
    assertThat(info.end()).isEqualTo(end);
    assertThat(Durability.values())
        .containsExactly(Durability.NONE, Durability.FILE, Durability.SHARED);
  }

  @Test
  void aPlaceIsOneOfACertainLog() {
    var one = new LogIdentity(new UUID(1, 2));
    assertThat(LogPoint.beginOf(one)).isEqualTo(new LogPoint(one, 0));
    assertThat(new LogPoint(one, 3)).isNotEqualTo(new LogPoint(LogIdentity.NONE, 3));
    assertThat(one.isNone()).isFalse();
    assertThat(LogIdentity.NONE.isNone()).isTrue();
    assertThatThrownBy(() -> new LogPoint(one, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a position is 0 or more, not -1");
    assertThat(LogPage.ABSENT.records()).isEmpty();
  }

  @Test
  void afterAFailureItsReasonSaysWhetherAskingAgainHelps() {
    var cause = new IllegalStateException("below");
    var failure = new StoreException(StoreException.Reason.UNAVAILABLE, "not now", cause);
    assertThat(failure).hasMessage("not now").hasCause(cause);
    assertThat(failure.reason()).isEqualTo(StoreException.Reason.UNAVAILABLE);
    assertThat(new StoreException(StoreException.Reason.FULL, "full").reason())
        .isEqualTo(StoreException.Reason.FULL);
  }
}
