package llm.domain.service;

import java.util.List;

/**
 * What a check of an answer found.
 *
 * @param findings in the order of the checks
 */
public record ResponseReport(List<ResponseFinding> findings) {
  /** Copies the list. */
  public ResponseReport {
    findings = List.copyOf(findings);
  }

  /** Whether there is no fault; there may be warnings. */
  public boolean isValid() {
    return faults().isEmpty();
  }

  /** What forbids to use the answer as it is. */
  public List<ResponseFinding.Fault> faults() {
    return only(ResponseFinding.Fault.class);
  }

  /** What its user should know. */
  public List<ResponseFinding.Warning> warnings() {
    return only(ResponseFinding.Warning.class);
  }

  private <F> List<F> only(Class<F> kind) {
    return findings.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
