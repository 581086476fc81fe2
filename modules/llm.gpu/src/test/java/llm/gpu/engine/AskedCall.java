package llm.gpu.engine;

import java.util.Optional;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.ForwardingCall;

/** A call that tells whenever somebody looks whether it was cancelled. */
final class AskedCall extends ForwardingCall {
  interface Look {
    void now();
  }

  private final Look look;

  AskedCall(Call call, Look look) {
    super(call);
    this.look = look;
  }

  @Override
  public Optional<CancelReason> cancelled() {
    look.now();
    return inner().cancelled();
  }
}
