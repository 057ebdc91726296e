/** The command line. Commands talk to a running platform over REST, but {@code start} and {@code demo} are one. */
package io.millrace.cli;
