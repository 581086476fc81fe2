package llm.core.limit;

import java.util.ArrayList;
import llm.domain.limit.Claim;
import llm.domain.limit.Demand;
import llm.domain.limit.Ticket;
import llm.domain.port.LimitStore;

/** What was counted for a request that was let in, and where. */
public final class Admission {
  /** Nothing was. */
  public static final Admission UNLIMITED = new Admission(null, null);

  private final LimitStore store;
  private final Ticket ticket;

  Admission(LimitStore store, Ticket ticket) {
    this.store = store;
    this.ticket = ticket;
  }

  /** Whether anything was counted, and is to be settled. */
  public boolean isLimited() {
    return ticket != null;
  }

  /** The same with nothing reserved, and nothing under way. */
  Admission late() {
    var demands = new ArrayList<Demand>(ticket.demands().size());
    for (Demand demand : ticket.demands()) {
      var claims = new ArrayList<Claim>(demand.claims().size());
      for (Claim claim : demand.claims()) {
        if (claim.measure().isSettled()) {
          claims.add(new Claim(claim.measure(), claim.limit(), 0));
        }
      }
      demands.add(new Demand(demand.rule(), demand.name(), claims));
    }
    return new Admission(store, new Ticket(ticket.id(), ticket.atMillis(), demands));
  }

  LimitStore store() {
    return store;
  }

  Ticket ticket() {
    return ticket;
  }
}
