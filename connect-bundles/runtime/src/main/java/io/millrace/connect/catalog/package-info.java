/** Which classes connectors may name, in which versions, and how their code is called. */
package io.millrace.connect.catalog;
