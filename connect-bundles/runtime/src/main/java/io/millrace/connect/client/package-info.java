/** Clients of the node's own broker, for the runtime and for connectors' tasks. */
package io.millrace.connect.client;
