/**
 * The tokens of a model: pieces of words learned by merging, read from text exactly as llama.cpp's
 * tokenizer {@code llama} (SentencePiece) reads them.
 */
package llm.train.vocabulary;
