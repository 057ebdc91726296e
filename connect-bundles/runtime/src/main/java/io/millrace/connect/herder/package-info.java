/** Connectors and their tasks: what is to run, what does, and what happens when one fails. */
package io.millrace.connect.herder;
