/** Configuration keys: their types, defaults, allowed values and meaning, and the levels that a value can come from. No I/O, no threads. */
package io.millrace.broker.config;
