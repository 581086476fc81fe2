/** The tool {@code tools/train-builtin}: options, the training from corpus to file, progress. */
package llm.train;
