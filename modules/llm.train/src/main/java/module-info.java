/** What trains the built-in model. */
module llm.train {
  exports llm.train.corpus;
}
