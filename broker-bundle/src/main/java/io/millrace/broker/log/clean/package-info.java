/** Log compaction: which log is cleaned and how far, which records stay, and the threads that do it. Knows logs only by {@link CleanableLog}. */
package io.millrace.broker.log.clean;
