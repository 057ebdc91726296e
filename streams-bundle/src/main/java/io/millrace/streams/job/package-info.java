/** Jobs as a node runs them: files and REST name them, plugins bring their classes, threads of their own drive their tasks. */
package io.millrace.streams.job;
