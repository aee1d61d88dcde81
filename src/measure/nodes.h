/* nodes: the pinned quadrature over which the betting fractions of formula (1) are mixed. Private to src/measure. */
#ifndef CANDOR_MEASURE_NODES_H
#define CANDOR_MEASURE_NODES_H

#include "confseq.h"

#define MEASURE_NODES CONFSEQ_NODES

struct node {
    double x;          /* in (0, 1) */
    double log_weight; /* the weights sum to 1 */
};
extern const struct node measure_nodes[MEASURE_NODES];

#endif
