/** What the probe measured, and its reports: Markdown for people, JSON for programs. */
package llm.server.probe.report;
