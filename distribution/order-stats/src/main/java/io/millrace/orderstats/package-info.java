/** The demo's stream job: what each customer ordered, in windows of event time. */
package io.millrace.orderstats;
