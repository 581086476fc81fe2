package llm.domain.limit;

import java.util.List;

/**
 * What a request wants of one bucket: the counts that a rule keeps for all, or for one name.
 *
 * @param rule the rule's name, visible ASCII without a colon
 * @param name whose bucket of the rule it is, visible ASCII of at most 200 characters; empty: the
 *     rule has one for all
 * @param claims on its limits, one for each measure at most
 */
public record Demand(String rule, String name, List<Claim> claims) {
  /** The name of the bucket that takes the names for which there is no place of their own. */
  public static final String OTHERS = "*others";

  /** Copies the list. */
  public Demand {
    claims = List.copyOf(claims);
  }

  /** The same claims on the bucket that is there for all further names. */
  public Demand ofOthers() {
    return new Demand(rule, OTHERS, claims);
  }
}
