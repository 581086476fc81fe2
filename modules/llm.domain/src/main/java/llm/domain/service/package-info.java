/** What the domain can do without anyone's help: build requests, judge answers, guess tokens. */
package llm.domain.service;
