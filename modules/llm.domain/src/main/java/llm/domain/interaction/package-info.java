/** One exchange with a model as entities and the eight events of its life. */
package llm.domain.interaction;
