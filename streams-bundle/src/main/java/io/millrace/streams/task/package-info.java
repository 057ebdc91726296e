/**
 * What runs: a {@link io.millrace.streams.task.Task} is one part of a plan over one partition of its inputs, with its state. No threads, clocks or
 * sockets here: record batches are handed in, results go to an {@link io.millrace.streams.task.Output}. One thread at a time owns a task.
 */
package io.millrace.streams.task;
