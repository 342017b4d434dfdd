// A list that the server has in pages, with filters that apply when one has finished typing.

import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Answer, get, type Query } from "../api";
import type { Paging } from "./table";

export interface List<Row> {
  rows: Row[] | undefined;
  answer: Answer<Row[]> | undefined;
  error: unknown;
  paging: Paging;
  filters: Record<string, string>;
  setFilter: (name: string, value: string | null) => void;
}

export function useList<Row>(key: string, target: string, initial: Record<string, string> = {}): List<Row> {
  const [filters, setFilters] = useState(initial);
  const [page, setPage] = useState(1);
  const [limit, setLimit] = useState(20);
  const [settled] = useDebouncedValue(filters, 300);
  const query: Query = { ...settled, _page: page, _limit: limit };
  const found = useQuery({
    queryKey: [key, target, query],
    queryFn: () => get<Row[]>(target, query),
    placeholderData: keepPreviousData,
  });
  return {
    rows: found.data?.data,
    answer: found.data,
    error: found.error,
    filters,
    setFilter: (name, value) => {
      setPage(1);
      setFilters((old) => ({ ...old, [name]: value ?? "" }));
    },
    paging: {
      page,
      limit,
      set: (nextPage, nextLimit) => {
        setPage(nextPage);
        setLimit(nextLimit);
      },
    },
  };
}
