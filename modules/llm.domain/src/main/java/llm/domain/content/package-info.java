/** What requests and messages have beside words: images, thoughts, and the dialect they came in. */
package llm.domain.content;
