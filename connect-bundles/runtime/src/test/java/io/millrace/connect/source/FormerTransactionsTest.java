package io.millrace.connect.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.connect.task.TaskId;
import org.junit.jupiter.api.Test;

class FormerTransactionsTest {

    @Test
    void aTransactionsConnectorIsToldByItsName() {
        assertThat(FormerTransactions.connector(FormerTransactions.id(new TaskId("orders-2", 11)))).contains("orders-2");
        assertThat(FormerTransactions.connector("connect-orders")).isEmpty();
        assertThat(FormerTransactions.connector("orders-2-0")).isEmpty();
    }
}
