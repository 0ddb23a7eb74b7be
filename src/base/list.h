/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATOLL_BASE_LIST_H
#define ATOLL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A circular doubly linked list whose links live inside the elements. The owner locks. */
struct list {
    struct list *next;
    struct list *prev;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_push(struct list *head, struct list *item) /* at the end */
{
    item->prev = head->prev;
    item->next = head;
    head->prev->next = item;
    head->prev = item;
}

static inline void list_remove(struct list *item) /* twice is harmless */
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    list_init(item);
}

static inline struct list *list_pop(struct list *head) /* the first, NULL when empty */
{
    struct list *item = head->next;

    if (item == head)
        return NULL;
    list_remove(item);
    return item;
}

/* The body may remove `item`. */
#define list_for_each(item, following, head)                                                       \
    for ((item) = (head)->next; (following) = (item)->next, (item) != (head); (item) = (following))

#endif
