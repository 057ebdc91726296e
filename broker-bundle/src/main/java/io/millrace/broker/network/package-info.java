/** Sockets: accepting, framing, and two virtual threads per connection, one that reads requests and one that writes responses. */
package io.millrace.broker.network;
