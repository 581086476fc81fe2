package llm.server.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of {@link RfcCases} against the layer over real sockets. */
@Timeout(60)
class RfcTest {

  static List<RfcCases.Case> cases() {
    return RfcCases.all();
  }

  static List<RfcCases.Case> smallCases() {
    return RfcCases.withSmallPayloads();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void inOnePiece(RfcCases.Case one) throws Exception {
    try (var rig = Rig.open(new Rig.Echo())) {
      var sending = sendAside(rig, one.sent());
      assertThat(rig.receiveAll()).isEqualTo(one.received());
      rig.awaitEnd();
      sending.join();
    }
  }

  @ParameterizedTest(name = "{0}, byte by byte")
  @MethodSource("smallCases")
  void byteByByte(RfcCases.Case one) throws Exception {
    try (var rig = Rig.open(new Rig.Echo())) {
      var sending = sendAside(rig, one.sent(), 1);
      assertThat(rig.receiveAll()).isEqualTo(one.received());
      rig.awaitEnd();
      sending.join();
    }
  }

  @Test
  void thereAreEnoughCasesAndEachHasItsOwnName() {
    assertThat(cases()).hasSizeGreaterThan(60);
    assertThat(cases().stream().map(RfcCases.Case::name)).doesNotHaveDuplicates();
  }

  private static CompletableFuture<Void> sendAside(Rig rig, byte[] bytes) {
    return sendAside(rig, bytes, Math.max(1, bytes.length));
  }

  /** Beside the reading: an echo that nobody reads would stop both sides. */
  private static CompletableFuture<Void> sendAside(Rig rig, byte[] bytes, int step) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            rig.send(bytes, step);
          } catch (IOException closedAfterTheFailure) {
            // the server has said its close frame and does not take the rest
          }
        },
        Thread::startVirtualThread);
  }
}
