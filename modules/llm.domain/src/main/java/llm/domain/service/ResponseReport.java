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

  /** Whether nothing is an error; there may be warnings. */
  public boolean isValid() {
    return findings.stream().noneMatch(ResponseFinding::isError);
  }

  /** What forbids to use the answer as it is. */
  public List<ResponseFinding> errors() {
    return findings.stream().filter(ResponseFinding::isError).toList();
  }

  /** What its user should know. */
  public List<ResponseFinding> warnings() {
    return findings.stream().filter(finding -> !finding.isError()).toList();
  }
}
