/** A real PostgreSQL server as a child of this process, for the demo and for tests. */
package io.millrace.postgres;
