package io.millrace.broker.network;

import io.millrace.broker.metrics.RequestTimer;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;

/**
 * A request that was handled and whose response is not sent.
 *
 * @param loan what it has of the request memory
 * @param held what its response has of the response memory already
 */
record Pending(Call call, Answer answer, RequestTimer timer, int loan, long held) {
}
