/** The broker's bundle: how it is put together and how it starts and stops. */
package io.millrace.broker;
