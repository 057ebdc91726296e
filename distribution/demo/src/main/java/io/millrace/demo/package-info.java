/** The demo: a shop's database, written to, captured, processed and written back, and the proof that nothing was lost or counted twice. */
package io.millrace.demo;
