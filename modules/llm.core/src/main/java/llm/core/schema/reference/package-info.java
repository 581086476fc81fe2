/** Where schemas are in a document, and how they refer to each other: for all who read schemas. */
package llm.core.schema.reference;
